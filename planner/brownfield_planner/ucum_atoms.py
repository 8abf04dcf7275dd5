"""The atoms of UCUM that plants use, in pint's words, and the closed table of what UCUM lacks.

UCUM (The Unified Code for Units of Measure, 2.1, case-sensitive codes) has some 300 atoms; those of
medicine and typography are left out. pint supplies the definitions, with exact fractions; only where
its view differs from UCUM's is a unit defined here: a plane angle is a dimension of its own in UCUM
(§29), so degrees never become per cent.
"""

PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip
"""Powers of ten (UCUM §27)."""

DEFINITIONS = (
    "plane_radian = [plane_angle]",
    "plane_degree = 3.14159265358979323846264338327950288 / 180 * plane_radian",
    "plane_gon = 3.14159265358979323846264338327950288 / 200 * plane_radian",
    "gauge_pascal = [gauge_pressure]",
    "difference_kelvin = [temperature_difference]",
    "reactive_watt = [reactive_power]",
    "apparent_watt = [apparent_power]",
)
"""Units pint does not have, or sees otherwise."""

METRIC = {
    "m": "meter", "s": "second", "g": "gram", "K": "kelvin", "C": "coulomb", "cd": "candela", "mol": "mole",
    "rad": "plane_radian", "Hz": "1/second", "N": "newton", "Pa": "pascal", "J": "joule", "W": "watt",
    "A": "ampere", "V": "volt", "F": "farad", "Ohm": "ohm", "S": "siemens", "Wb": "weber", "T": "tesla",
    "H": "henry", "Bq": "1/second", "l": "liter", "L": "liter", "t": "tonne", "bar": "bar", "eV": "electron_volt",
    "cal": "calorie", "cal_th": "calorie", "gon": "plane_gon", "u": "dalton", "m[H2O]": "meter_H2O",
    "m[Hg]": "meter_Hg", "var": "reactive_watt", "VA": "apparent_watt", "ar": "100*meter**2",
    "[iU]": "1", "G": "1e-4*tesla", "P": "poise", "St": "stokes", "dyn": "dyne", "erg": "erg",
}  # fmt: skip
"""Atoms that take a prefix. `var` and `VA` are ours: UCUM has neither reactive nor apparent power."""

PLAIN = {
    "%": "percent", "[ppth]": "1e-3", "[ppm]": "ppm", "[ppb]": "1e-9", "deg": "plane_degree",
    "'": "plane_degree/60", "''": "plane_degree/3600", "min": "minute", "h": "hour", "d": "day", "wk": "week",
    "a": "365.25*day", "mo": "30.4375*day", "atm": "atmosphere", "att": "98066.5*pascal",
    "[psi]": "psi", "[HP]": "horsepower", "[in_i]": "inch", "[ft_i]": "foot", "[yd_i]": "yard", "[mi_i]": "mile",
    "[nmi_i]": "nautical_mile", "[kn_i]": "knot", "[lb_av]": "pound", "[oz_av]": "ounce", "[lbf_av]": "pound_force",
    "[gal_us]": "gallon", "[gal_br]": "imperial_gallon", "[cft_i]": "foot**3", "[cin_i]": "inch**3",
    "[sft_i]": "foot**2", "[bbl_us]": "42*gallon", "[Btu]": "british_thermal_unit", "[Btu_IT]": "british_thermal_unit",
    "[in_i'H2O]": "inch_H2O", "[in_i'Hg]": "inch_Hg", "[g]": "9.80665*meter/second**2", "hm2": "10000*meter**2",
    "10*": "10", "10^": "10", "rpm": "1/minute",
}  # fmt: skip
"""Atoms that take no prefix. `rpm` is ours; UCUM writes /min or {rev}/min, which are the same."""

OFFSETS = {"Cel": ("kelvin", "1", "273.15"), "[degF]": ("kelvin", "5/9", "45967/180")}
"""Special units (UCUM §22): kelvin = value * factor + offset. They stand alone, never in a product."""

DELTAS = {"Cel": "1", "K": "1", "[degF]": "5/9"}
"""Temperature differences, written with {delta}: kelvin per unit."""

QUANTITIES = {
    "power": "W", "energy": "J", "reactive power": "var", "reactive energy": "var.h", "apparent power": "VA",
    "speed": "m/s", "length": "m", "area": "m2", "volume": "m3", "mass": "kg", "time": "s", "frequency": "Hz",
    "temperature": "K", "temperature difference": "K{delta}", "pressure": "Pa", "gauge pressure": "Pa{gauge}",
    "angle": "rad", "angular speed": "rad/s", "ratio": "1", "voltage": "V", "current": "A", "resistance": "Ohm",
    "force": "N", "acceleration": "m/s2", "volume flow": "m3/s", "mass flow": "kg/s", "density": "kg/m3",
    "charge": "C", "power per area": "W/m2", "conductivity": "S/m", "amount": "mol", "capacitance": "F",
}  # fmt: skip
"""Names of what a unit measures, for people; each by one code that measures it."""
