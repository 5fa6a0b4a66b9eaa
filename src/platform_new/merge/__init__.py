"""Update generated repositories: merge the generated baseline, the owners' edits and the current generation."""
