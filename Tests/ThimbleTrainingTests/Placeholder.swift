import Testing
@Test func placeholderThimbleTrainingTests() {}
