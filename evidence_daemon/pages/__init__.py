"""Pages to print: self-contained HTML, Chinese and English side by side, nothing fetched.

Whatever a page shows of a recorder or a file name is escaped, and characters that would hide or
reorder others are shown as what they are.
"""
