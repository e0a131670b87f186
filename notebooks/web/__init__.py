"""The course as a site and as slides, made from the notebooks as they are stored.

contents says which pages there are, maths typesets, pages turns notebooks into HTML, landing makes the first
page, search indexes, lite packs what runs in a browser; publish.py, beside this folder, is the command.
"""
