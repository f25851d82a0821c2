"""From pixels to what is in them: models on ONNX Runtime, each described by the manifest beside its weights."""
