"""The main job on real footage, for someone who has just met the program."""
