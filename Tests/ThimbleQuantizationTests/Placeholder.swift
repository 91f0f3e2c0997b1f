import Testing
@Test func placeholderThimbleQuantizationTests() {}
