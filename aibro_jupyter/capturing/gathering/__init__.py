"""What a function needs: names, values, patches, files, in order."""
