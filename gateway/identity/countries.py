"""
Countries by ISO 3166 code, as vendors name them: a code of two or three letters, or a name in English or the
country's own language.
"""

from gateway.identity.canonical import canonical_tag

_NAMES = """
AT AUT Austria Österreich|AU AUS Australia|BE BEL Belgium België Belgique Belgien|BG BGR Bulgaria|BR BRA Brazil
Brasil|CA CAN Canada CH CHE Switzerland Schweiz Suisse Svizzera|CN CHN China|CY CYP Cyprus|CZ CZE Czechia
CzechRepublic Česko|DE DEU GER Germany Deutschland DK DNK Denmark Danmark|EE EST Estonia|ES ESP Spain España|FI FIN
Finland Suomi|FR FRA France|GB GBR UK UnitedKingdom GreatBritain England GR GRC Greece|HK HKG HongKong|HR HRV
Croatia|HU HUN Hungary|IE IRL Ireland|IL ISR Israel|IN IND India|IS ISL Iceland|IT ITA Italy Italia JP JPN Japan|KR
KOR SouthKorea|LI LIE Liechtenstein|LT LTU Lithuania|LU LUX Luxembourg|LV LVA Latvia|MT MLT Malta|MX MEX Mexico
México NL NLD Netherlands TheNetherlands Nederland Holland Niederlande|NO NOR Norway Norge|NZ NZL NewZealand|PL POL
Poland Polska|PT PRT Portugal RO ROU Romania|RS SRB Serbia|SE SWE Sweden Sverige|SG SGP Singapore|SI SVN Slovenia|SK
SVK Slovakia|TR TUR Turkey Türkiye|TW TWN Taiwan UA UKR Ukraine|US USA UnitedStates UnitedStatesofAmerica|ZA ZAF
SouthAfrica|AE ARE UnitedArabEmirates
"""
_CODES = {
    canonical_tag(name): names[0]
    for names in (line.split() for line in _NAMES.replace("\n", "|").split("|") if line.strip())
    for name in names
}


def country_code(written: str) -> str:
    """
    Code of a country, or the name as compared where it is not known.

    >>> country_code("Germany"), country_code("de"), country_code("Atlantis")
    ('DE', 'DE', 'ATLANTIS')
    """
    name = canonical_tag(written)
    return _CODES.get(name, name)
