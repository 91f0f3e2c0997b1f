import ThimbleFreestanding

/// Runs `body` for 0 ..< count on all threads (threads.c); which of them does what does not show in any result.
@_silgen_name("thimble_share_loop")
private func share(_ count: Int, _ body: @Sendable (Int) -> Void)

/// What a `Generator` runs its loops by.
func shareLoop(_ count: Int, _ body: @Sendable (Int) -> Void) { share(count, body) }

/// Starts as many threads as are asked for, or as the system has.
func startThreads(_ count: Int) -> Int { count == 1 ? 1 : Int(thimble_start_threads(Int32(count))) }
