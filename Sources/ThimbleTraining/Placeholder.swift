// ThimbleTraining
