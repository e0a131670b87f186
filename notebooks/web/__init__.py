"""The course as a site and as slides, made from the notebooks as they are stored.

contents says which pages there are, maths typesets, pages turns notebooks into HTML, frames paints what
moves, slides makes slides of a page, lite packs what runs in a browser, and site puts all of it together;
publish.py, beside this folder, is the command.
"""
