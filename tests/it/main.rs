mod files;
mod write;
