//! Tests of the whole house: `integration` acts through the public doors of the assembled application, `tidy` holds the
//! layout (dependency edges, file length, where SQL may stand, languages, links).
