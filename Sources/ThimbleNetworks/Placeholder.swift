// ThimbleNetworks
