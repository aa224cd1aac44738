"""What Google's tag and advertising pixels call the events of Segment's e-commerce spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from integrations.core.operations.tables import normal_name

# https://developers.google.com/analytics/devguides/collection/ga4/reference/events, and the standard events
# of Meta's, TikTok's and Pinterest's pixels. Names that may mean something else (subscribe) are left out.
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "Order Completed": ("purchase",),
    "Order Refunded": ("refund",),
    "Product Added": ("add_to_cart", "AddToCart"),
    "Product Added to Wishlist": ("add_to_wishlist", "AddToWishlist"),
    "Product Removed": ("remove_from_cart",),
    "Product Viewed": ("view_item", "view_content", "ViewContent"),
    "Product Clicked": ("select_item",),
    "Product List Viewed": ("view_item_list",),
    "Products Searched": ("search",),
    "Cart Viewed": ("view_cart",),
    "Checkout Started": ("begin_checkout", "initiate_checkout", "InitiateCheckout"),
    "Shipping Info Entered": ("add_shipping_info",),
    "Payment Info Entered": ("add_payment_info", "AddPaymentInfo"),
    "Promotion Viewed": ("view_promotion",),
    "Promotion Clicked": ("select_promotion",),
    "Signed Up": ("sign_up", "complete_registration", "CompleteRegistration"),
    "Signed In": ("login",),
    "Lead Generated": ("generate_lead",),
    "Trial Started": ("start_trial", "StartTrial"),
}
_OTHERS = {
    normal_name(name): frozenset(normal_name(other) for other in others)
    for name, others in OTHER_NAMES.items()
}


def meant(names: Iterable[str]) -> frozenset[str]:
    """The normal names of events that are meant by these: each itself, and what others call it."""
    own = frozenset(normal_name(name) for name in names)
    return own.union(*(_OTHERS.get(name, frozenset()) for name in own))
