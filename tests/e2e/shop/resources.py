from datetime import date

import dagster as dg
import pandas as pd
from pydantic import PrivateAttr


class Credentials(dg.ConfigurableResource):
    user: str
    token: str


class ShopApi(dg.ConfigurableResource):
    """A till that answers the same question with the same numbers."""

    credentials: dg.ResourceDependency[Credentials]
    stores: int = 4
    _calls: int = PrivateAttr(default=0)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        self._calls = 0

    def orders(self, day: str) -> pd.DataFrame:
        self._calls += 1
        number = date.fromisoformat(day).toordinal()
        rows = [
            {
                "day": day,
                "store": store,
                "region": ["north", "south", "west"][store % 3],
                "customer": (number * 7 + store * 3 + k) % 11,
                "product": (number + store + k) % 5,
                "quantity": 1 + (number + k) % 4,
                "price": 2.5 + ((number * 3 + k) % 10) / 2,
            }
            for store in range(self.stores)
            for k in range(3)
        ]
        return pd.DataFrame(rows)

    @property
    def calls(self) -> int:
        return self._calls


class Mailer(dg.ConfigurableResource):
    sender: str = dg.EnvVar("SHOP_SENDER")
    sent: list[str] = []

    def send(self, text: str) -> str:
        return f"{self.sender}: {text}"
