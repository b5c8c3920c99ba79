//! The watches of one job and of many, with a clock that the test sets.

mod many;
mod one;
mod words;
