import Testing
@Test func placeholderThimbleNetworksTests() {}
