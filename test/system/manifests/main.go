// Reads manifests as the programs do that they are written for.
//
//	manifests kustomize FOLDER    prints what kustomize makes of it
//	manifests pod-monitor FILE    is silent if the operator's type has all that the file says
//	manifests compose FILE        prints the project that Compose makes of it, as YAML
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Stdout.Write(said)
}

func run(args []string) ([]byte, error) {
	if len(args) != 2 {
		return nil, errors.New("usage: manifests kustomize|pod-monitor|compose PATH")
	}
	switch what, path := args[0], args[1]; what {
	case "kustomize":
		resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), path)
		if err != nil {
			return nil, err
		}
		return resources.AsYaml()
	case "pod-monitor":
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return nil, yaml.UnmarshalStrict(text, &monitoring.PodMonitor{})
	case "compose":
		options, err := cli.NewProjectOptions([]string{path})
		if err != nil {
			return nil, err
		}
		project, err := options.LoadProject(context.Background())
		if err != nil {
			return nil, err
		}
		return project.MarshalYAML()
	default:
		return nil, fmt.Errorf("%s is none of kustomize, pod-monitor and compose", what)
	}
}
