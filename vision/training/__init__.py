"""Where our models come from: pictures become a labelled index, a detector and a wear model, then ONNX with a manifest."""
