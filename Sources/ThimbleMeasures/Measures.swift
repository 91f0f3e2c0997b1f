/// Measures of how near a generator's images are to a set's: numbers that say which of two generators is the better one. Used by
/// training, which keeps the best checkpoint, and by the commands.
package enum Measures {}
