//! The whole product through its public doors: routes and their access, the API description, commands, faults.

mod bad_input;
mod commands;
mod faults;
mod openapi;
mod recalls;
mod retail;
mod routes;
mod shared;
mod upgrade;
mod walk;
