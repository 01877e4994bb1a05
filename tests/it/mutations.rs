//! What is changed in a good stack is found, and by the right name.

mod plans;
