# sktools asks whether the SDK has this module.
