print("tickets")
