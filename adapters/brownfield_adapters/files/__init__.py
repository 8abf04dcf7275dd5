"""Folders into which some system drops files: CSV, one row per time, read on from a watermark, never touched."""
