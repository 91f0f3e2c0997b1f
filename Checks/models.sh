# Sourced by scripts that run over all generators, in the repository's root: ends the script if some are missing, so that a loop over
# weights/*/ or Tests/Fixtures/models/*.thimble cannot pass because it found nothing.

# present GENERATOR GOLDEN: both files are there and hold something.
present() {
  [ -s "$1" ] && [ -s "$2" ] || {
    echo "$1, $2: missing or empty; the shipped generators and those of the tests have to be there" >&2
    exit 1
  }
}

for name in digits28 emoji64 faces64 fashion28 rooms64; do
  present "weights/$name/generator.thimble" "weights/$name/golden.txt"
done
for folder in weights/*/; do present "${folder}generator.thimble" "${folder}golden.txt"; done
for model in Tests/Fixtures/models/*.thimble; do present "$model" "${model%.thimble}.golden.txt"; done
count=$(ls Tests/Fixtures/models/*.thimble | wc -l)
[ "$count" -ge 80 ] || {
  echo "Tests/Fixtures/models: found $count generators, wanted 80 at least" >&2
  exit 1
}
