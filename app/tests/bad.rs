#[path = "../../tests/integration/bad_input/mod.rs"]
mod bad_input;
