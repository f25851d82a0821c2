"""Papers: what people print, sign and file; written as plain blocks, set as PDF in Chinese and English."""
