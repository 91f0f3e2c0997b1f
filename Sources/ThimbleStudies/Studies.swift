/// What the paper shows on trained networks (Radford, Metz, Chintala, 2015, section 6): walks in the latent space, vector arithmetic,
/// forgetting an object, filters, memorisation. A study is a value with the numbers and pictures of its result; the commands in
/// `tools/thimble` read its files and write what it found. Studies use the networks, the data and the runtime, and nobody uses them
/// but the commands.
package enum Studies {}
