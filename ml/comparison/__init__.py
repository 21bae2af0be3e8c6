"""All networks of the field side by side: trained alike, measured alike, by patient."""
