"""What Jupyter sees: magics, the widget, the server extension."""
