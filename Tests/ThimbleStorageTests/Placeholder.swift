import Testing
@Test func placeholderThimbleStorageTests() {}
