// ThimbleKernels
