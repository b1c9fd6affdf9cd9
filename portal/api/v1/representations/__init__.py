"""What goes in and out of the API, a module per noun: pydantic models, and how our rows become them.

Names are camelCase outside and snake_case inside. Instants are ISO 8601 in UTC, dates and wall times those of the
zone that is named beside them, money a number in the currency's main unit.
"""
