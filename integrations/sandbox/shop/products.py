"""What the demo shop sells."""

from dataclasses import dataclass

CURRENCY = "USD"


@dataclass(frozen=True, kw_only=True)
class Product:
    product_id: str
    name: str
    category: str
    price: float
    blurb: str
    colour: str
    shape: str  # an SVG path in a box of 100 by 100

    def as_event_product(self) -> dict[str, object]:
        """The product as Segment's e-commerce events name its fields."""
        return {
            "product_id": self.product_id,
            "sku": self.product_id.upper(),
            "name": self.name,
            "category": self.category,
            "price": self.price,
        }


_POT = "M34 44h34q8 32-17 34q-25-2-17-34zM32 54q-10-2-14-14M69 50q16-2 12 12t-15 8M38 44q13-14 26 0M51 36v-5"
_CUP = "M28 36h38v22q0 18-19 18t-19-18zM66 42q14-2 14 8t-16 10M24 82h46"
_TIN = "M32 30h36v48h-36zM32 40h36M38 24h24v6h-24zM42 54h16v12h-16z"
_LEAF = "M50 80q-26-18-14-44q10-12 28-14q6 34-14 58zM50 80q0-26 10-44"
_SPOON = "M38 40q0-16 12-16t12 16q0 12-10 14v26h-4v-26q-10-2-10-14z"
_TRAY = "M18 56h64l-6 14h-52zM34 56v-14h12v14M54 56v-20h14v20"

PRODUCTS = (
    Product(
        product_id="kf-101",
        name="Harbour Teapot",
        category="Pots",
        price=48.00,
        blurb="Stoneware with a spout that does not drip. Four cups, hot through a long talk.",
        colour="#2f6f62",
        shape=_POT,
    ),
    Product(
        product_id="kf-102",
        name="Morning Cup",
        category="Cups",
        price=18.50,
        blurb="Thin at the lip, heavy at the foot. Fired twice, so no two are the same.",
        colour="#b8623b",
        shape=_CUP,
    ),
    Product(
        product_id="kf-103",
        name="Smoked Oolong",
        category="Tea",
        price=14.25,
        blurb="Rolled leaves dried over pine. A hundred grams in a tin that closes with a sigh.",
        colour="#4a4e78",
        shape=_TIN,
    ),
    Product(
        product_id="kf-104",
        name="Garden Mint",
        category="Tea",
        price=9.75,
        blurb="Whole leaves, picked in June and dried in the shade. Eighty grams.",
        colour="#5b8a3c",
        shape=_LEAF,
    ),
    Product(
        product_id="kf-105",
        name="Measuring Scoop",
        category="Tools",
        price=12.00,
        blurb="Beech wood. One level scoop is one cup, so nobody has to count.",
        colour="#9a7b2f",
        shape=_SPOON,
    ),
    Product(
        product_id="kf-106",
        name="Window Tray",
        category="Tools",
        price=36.00,
        blurb="Oiled oak with a rim all round. Fits a pot, two cups and the paper.",
        colour="#7a4b5e",
        shape=_TRAY,
    ),
)

PRODUCTS_BY_ID = {product.product_id: product for product in PRODUCTS}
