"""
Numbers as pictures: one vocabulary for page, notebook and files.

A chart is an Altair object: its Vega-Lite specification is data that a page draws and a test reads, and
`evaluation.charts.export` draws the same picture as PNG or SVG. Nothing else talks to Altair.

Colours are Okabe's and Ito's and differ in lightness too; what differs in colour differs in shape or dash as
well. Every tooltip has a title and a format of its own.
"""
