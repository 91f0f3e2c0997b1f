import Testing
@Test func placeholderThimbleTests() {}
