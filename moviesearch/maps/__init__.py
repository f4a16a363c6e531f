"""All films as points, those of like stories beside each other: laid out, coloured, drawn and kept."""
