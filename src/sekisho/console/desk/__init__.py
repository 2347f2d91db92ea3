"""The desk: what every page stands on: the frame, pages with their JSON twins, lists with filters and exports."""
