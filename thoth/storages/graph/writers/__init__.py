"""Rows into tables: a constant number of statements, whatever the number of rows.

Tables are written in one order and rows in the order of their keys, so that writers wait for each other but never in
a circle.
"""
