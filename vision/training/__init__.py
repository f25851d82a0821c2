"""Where our models come from: pictures become an index, a detector and wear models, then ONNX with a manifest."""
