"""Pain points in the free text of tickets: public word lists, looked for after segmentation, inside the people side."""
