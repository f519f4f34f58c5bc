"""One package per platform. An adapter turns what its platform sends into our types and our types into what it takes."""
