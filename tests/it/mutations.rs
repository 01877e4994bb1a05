//! What is broken on purpose is found, by the name that it is to be found by.

mod plans;
mod policies;
