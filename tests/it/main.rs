mod files;
mod random;
mod write;
mod yaml;
