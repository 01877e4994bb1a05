mod adapter;
mod files;
mod random;
mod receivers;
mod write;
mod yaml;
