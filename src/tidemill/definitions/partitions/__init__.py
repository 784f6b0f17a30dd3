"""How an asset is cut: windows of time, fixed and growing sets, two at a time; and which slice is made of which."""
