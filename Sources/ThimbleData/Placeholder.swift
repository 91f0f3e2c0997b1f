// ThimbleData
