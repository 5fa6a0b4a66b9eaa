"""Names and phrases for what mimesis has no data on: products, categories, places, remarks."""

from __future__ import annotations

import random

CATALOGUE = {
    "Lighting": ("Desk Lamp", "Floor Lamp", "Pendant Light", "Table Lamp", "Lantern"),
    "Kitchen": ("Chef's Knife", "Frying Pan", "Cutting Board", "Kettle", "Mixing Bowl"),
    "Furniture": ("Armchair", "Bookshelf", "Coffee Table", "Stool", "Wardrobe"),
    "Bags": ("Backpack", "Messenger Bag", "Suitcase", "Tote Bag", "Wallet"),
    "Shoes": ("Hiking Boots", "Loafers", "Running Shoes", "Sandals", "Sneakers"),
    "Clothing": ("Hoodie", "Jacket", "Scarf", "Shirt", "Sweater"),
    "Garden": ("Bird Feeder", "Garden Chair", "Hedge Shears", "Plant Pot", "Watering Can"),
    "Office": ("Desk Organizer", "Fountain Pen", "Notebook", "Office Chair", "Whiteboard"),
    "Audio": ("Headphones", "Microphone", "Record Player", "Soundbar", "Speaker"),
    "Computers": ("Docking Station", "Keyboard", "Laptop Stand", "Monitor", "Mouse"),
    "Sports": ("Dumbbells", "Football", "Jump Rope", "Tennis Racket", "Yoga Mat"),
    "Outdoor": ("Camping Stove", "Head Torch", "Sleeping Bag", "Tent", "Water Bottle"),
    "Bath": ("Bath Mat", "Bathrobe", "Mirror", "Soap Dish", "Towel Set"),
    "Bedding": ("Blanket", "Duvet", "Mattress", "Pillow", "Sheet Set"),
    "Toys": ("Board Game", "Building Blocks", "Jigsaw Puzzle", "Kite", "Toy Train"),
    "Tools": ("Cordless Drill", "Hammer", "Screwdriver Set", "Spirit Level", "Toolbox"),
    "Pets": ("Cat Tree", "Dog Bed", "Dog Lead", "Feeding Bowl", "Scratching Post"),
    "Decor": ("Candle Holder", "Picture Frame", "Rug", "Vase", "Wall Clock"),
}
DEPARTMENTS = {
    "Home": ("Furniture", "Lighting", "Kitchen", "Bedding", "Bath", "Decor"),
    "Fashion": ("Clothing", "Shoes", "Bags"),
    "Leisure": ("Garden", "Sports", "Outdoor", "Toys", "Pets"),
    "Work": ("Office", "Computers", "Audio", "Tools"),
}
OTHER_DEPARTMENTS = ("Gifts", "Outlet", "Seasonal")
STYLES = [
    "Alpine",
    "Classic",
    "Compact",
    "Deluxe",
    "Essential",
    "Everyday",
    "Heritage",
    "Modern",
    "Nordic",
    "Premium",
    "Pro",
    "Retro",
    "Slim",
    "Studio",
    "Ultra",
    "Urban",
]
COLOURS = [
    "Black",
    "Blue",
    "Brown",
    "Cream",
    "Green",
    "Grey",
    "Navy",
    "Olive",
    "Red",
    "Sand",
    "White",
]
SIZES = ("XS", "S", "M", "L", "XL")
PLACES = [
    "Bay",
    "Bridge",
    "Field",
    "Garden",
    "Grove",
    "Harbour",
    "Hill",
    "Lake",
    "Meadow",
    "Park",
    "Ridge",
    "River",
    "Square",
    "Station",
    "Valley",
]
# The more frequent ones occur more than once.
JOBS = [
    "Account Manager",
    "Accountant",
    "Analyst",
    "Buyer",
    "Customer Service Agent",
    "Customer Service Agent",
    "Designer",
    "HR Manager",
    "IT Specialist",
    "Logistics Planner",
    "Marketing Manager",
    "Office Manager",
    "Operations Manager",
    "Product Manager",
    "Sales Representative",
    "Sales Representative",
    "Sales Representative",
    "Store Manager",
    "Team Lead",
    "Warehouse Worker",
    "Warehouse Worker",
]
REMARKS = (
    "As agreed by phone.",
    "Checked and complete.",
    "Customer asked for a call back.",
    "Everything as described.",
    "Good value for the price.",
    "Nothing to add.",
    "Please leave at the front desk.",
    "Quality is better than expected.",
    "Second request this month.",
    "Sooner than expected.",
    "Took a little longer than promised.",
    "Would order again.",
)


def product(chance: random.Random, category: str | None = None) -> str:
    """A product of the category, or of any category: `Nordic Desk Lamp, Black`."""
    kind = chance.choice(kinds_of(category or "") or list(CATALOGUE))
    return f"{chance.choice(STYLES)} {chance.choice(CATALOGUE[kind])}, {chance.choice(COLOURS)}"


def kinds_of(category: str) -> list[str]:
    """The kinds of products in a category, if its name tells."""
    kinds = DEPARTMENTS.get(category) or [kind for kind in CATALOGUE if category.endswith(kind)]
    return list(kinds)


def categories(parents: list[int | None]) -> list[str]:
    """Names of categories, most of which belong to an earlier one: `Home`, `Bath`, `Slim Bath`."""
    flat = all(parent is None for parent in parents)
    roots = list(CATALOGUE if flat else (*DEPARTMENTS, *OTHER_DEPARTMENTS))
    below = {name: list(kinds) for name, kinds in DEPARTMENTS.items()}
    names: list[str] = []
    for number, parent in enumerate(parents):
        free = roots if parent is None else below.get(names[parent])
        style = STYLES[number % len(STYLES)]
        if free:
            names.append(free.pop(0))
        elif parent is None:
            names.append(f"{style} Collection")
        else:
            names.append(f"{style} {(kinds_of(names[parent]) or OTHER_DEPARTMENTS)[0]}")
    return names


def place(chance: random.Random) -> str:
    """A name for something that has a name, such as a project: `Olive Harbour`."""
    return f"{chance.choice(COLOURS)} {chance.choice(PLACES)}"
