// ThimbleQuantization
