#!/bin/sh
# A box that never moves, in a shell: process:"sh examples/still.sh"
echo '{"ready": 1}'
while read -r request; do
    case $request in
    *'"init": '*)
        box=${request#*'"box": ['}
        box=${box%%]*}
        echo '{}'
        ;;
    *)
        echo "{\"box\": [$box]}"
        ;;
    esac
done
