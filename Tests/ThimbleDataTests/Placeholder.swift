import Testing
@Test func placeholderThimbleDataTests() {}
