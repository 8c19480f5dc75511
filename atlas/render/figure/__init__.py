"""Features as figures for papers: measured from the views that pages show, and drawn by one template."""
